using MlOps;

return args switch
{
    [] => await SiloProcess.Run(demo: false),
    ["demo"] => await SiloProcess.Run(demo: true),
    ["check-model", .. var rest] => ModelCheckCommand.Run(rest, ParquetExtensions.Reader),
    _ => Usage.Refuse(args),
};
