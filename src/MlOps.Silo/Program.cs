using MlOps;

return args switch
{
    [] => await SiloProcess.Run(demo: false),
    ["demo"] => await SiloProcess.Run(demo: true),
    ["backup", var target] => BackupCommand.Run(target),
    ["migrate"] => await SiloProcess.Migrate(),
    ["check-model", .. var rest] => ModelCheckCommand.Run(rest),
    _ => Usage.Refuse(args),
};
