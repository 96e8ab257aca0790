using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using OrleansWork.Engine.Security;

namespace OrleansWork.Silo.Security;

/// <summary>Says in the log that somebody tries keys, and does not let them fill it.</summary>
internal sealed partial class WrongKeys(ILogger<WrongKeys> logger)
{
    private readonly LogLimit _limit = new(TimeProvider.System);

    /// <summary>Reports a request whose key is wrong.</summary>
    public void Report(HttpContext context)
    {
        if (_limit.TryTake(out int suppressed))
            LogWrongKey(context.Connection.RemoteIpAddress?.ToString() ?? "unknown", suppressed);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "A request by HTTP from {RemoteAddress} had a key that is none of this silo's and was refused. {SuppressedCount} more like it since the last such line"
    )]
    private partial void LogWrongKey(string remoteAddress, int suppressedCount);
}
