using System.Reflection;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Client.Tests;

public sealed class ClientLogTests
{
    [Fact]
    public void Events_All_HaveAnIdOfTheirOwnInTheClientsRange()
    {
        var events = typeof(TunnelClient).Assembly.GetTypes()
            .SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(m => m.GetCustomAttribute<LoggerMessageAttribute>())
            .OfType<LoggerMessageAttribute>()
            .ToArray();

        Assert.NotEmpty(events);
        Assert.All(events, e => Assert.InRange(e.EventId, 1000, 1999));
        Assert.All(events, e => Assert.False(string.IsNullOrEmpty(e.EventName)));
        Assert.Equal(events.Length, events.Select(e => e.EventId).Distinct().Count());
        Assert.Equal(events.Length, events.Select(e => e.EventName).Distinct(StringComparer.Ordinal).Count());
    }
}
