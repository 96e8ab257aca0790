using OrleansWork.Silo.Hosting;

Globalization.Start();
int exit = await SiloProgram.RunAsync(args, SupervisorChannel.Take());
LastSteps.Exit(exit);
return exit;
