using OrleansWork.Console.LocalCluster;

return await HiddenCommands.TryRunAsync(args) ?? 0;
