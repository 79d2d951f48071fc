using System.Text.Json;

namespace ClusterProxy.Server.Audit;

/// <summary>An entry as one line of JSON. Names are for ever: whatever reads the audit hangs on them.</summary>
internal static class AuditJson
{
    private const int MaxNames = 16;
    private const int MaxName = 256;

    /// <param name="json">Without indentation; whatever it does not escape is no line end.</param>
    /// <param name="serverId">Which of several servers says it.</param>
    /// <param name="entry">What is said.</param>
    public static void Write(Utf8JsonWriter json, string serverId, AuditEntry entry)
    {
        json.WriteStartObject();
        json.WriteString("time"u8, entry.Time.UtcDateTime);
        json.WriteString("event"u8, entry.Event);
        json.WriteString("server"u8, serverId);
        json.WriteString("plane"u8, entry.Plane);
        Write(json, "frontend"u8, entry.Frontend);
        json.WriteStartArray("subject"u8);
        foreach (var name in entry.Subject.Take(MaxNames))
        {
            json.WriteStringValue(name.AsSpan(0, Math.Min(name.Length, MaxName)));
        }

        json.WriteEndArray();
        Write(json, "issuer"u8, entry.Issuer);
        Write(json, "peer"u8, entry.Peer);
        Write(json, "connection"u8, entry.ConnectionId);
        Write(json, "trace"u8, entry.TraceId);
        Write(json, "target"u8, entry.Target);
        Write(json, "cluster"u8, entry.Cluster);
        Write(json, "agent"u8, entry.AgentId);
        Write(json, "via"u8, entry.Via);
        json.WriteString(entry.Event == AuditEntry.Close ? "reason"u8 : "result"u8, entry.Result);
        Write(json, "detail"u8, entry.Detail);
        Write(json, "bytesToTarget"u8, entry.BytesToTarget);
        Write(json, "bytesToFrontend"u8, entry.BytesToFrontend);
        if (entry.Duration is { } duration)
        {
            json.WriteNumber("durationMs"u8, Math.Round(duration.TotalMilliseconds, 3));
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, string value)
    {
        if (value.Length > 0)
        {
            json.WriteString(name, value);
        }
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}
