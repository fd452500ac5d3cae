using MlOps;

// The tests' own executable is, when it is told so, a silo with a fault that a test must find.
return args is ["late-journal"] ? await MlOps.Tests.InferenceLogs.LateJournal.Serve()
    : args is ["check-model", .. var rest] ? ModelCheckCommand.Run(rest, ParquetExtensions.Reader)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
