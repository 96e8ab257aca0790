using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>An interval that the rest of the job is expected to take, in seconds.</summary>
public sealed record EtaInterval(double Low, double High);
