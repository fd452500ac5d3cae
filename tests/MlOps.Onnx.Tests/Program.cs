using MlOps;

// The tests' own executable answers check-model as the silo's does: the child of the checks tested here.
return args is ["check-model", .. var rest]
    ? ModelCheckCommand.Run(rest, ParquetExtensions.Reader)
    : Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args).GetAwaiter().GetResult();
