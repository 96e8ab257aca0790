using Orleans.Concurrency;

namespace OrleansWork.Engine.Storage;

/// <summary>Names a page of one incarnation of a job.</summary>
[GenerateSerializer, Immutable, Alias("ow.PageKey")]
internal readonly record struct PageKey([property: Id(0)] int Epoch, [property: Id(1)] long Number);
