using OrleansWork.Silo.Hosting;

return await SiloProgram.RunAsync(args);
