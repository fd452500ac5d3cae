using MlOps;

return args switch
{
    [] => await SiloProcess.Run(demo: false),
    ["demo"] => await SiloProcess.Run(demo: true),
    ["backup", var target] => BackupCommand.Run(target),
    ["drain", var folder] => await SiloProcess.Drain(folder),
    ["migrate"] => await SiloProcess.Migrate(restored: false),
    ["migrate", "restored"] => await SiloProcess.Migrate(restored: true),
    ["check-model", .. var rest] => ModelCheckCommand.Run(rest, ParquetExtensions.Reader),
    _ => Usage.Refuse(args),
};
