using MlOps;

// The tests' own executable answers check-model as the silo's does: the child of the checks tested here.
return args is ["check-model", .. var rest]
    ? ModelCheckCommand.Run(rest, ParquetExtensions.Reader)
    : args is ["model-cycles", .. var cycles] ? MlOps.Tests.Models.MemoryChild.Cycles(cycles)
    : args is ["model-account", var count] ? MlOps.Tests.Models.MemoryChild.Account(count)
    : Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args).GetAwaiter().GetResult();
