using OrleansWork.Store;

return await StoreProgram.RunAsync(args);
