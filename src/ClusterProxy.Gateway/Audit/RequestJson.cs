using System.Text.Json;
using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.Authorization;

namespace ClusterProxy.Gateway.Audit;

/// <summary>An entry as one line of JSON. Names are for ever: whatever reads the audit hangs on them. Texts of callers are bounded.</summary>
internal static class RequestJson
{
    private const int MaxText = 512;
    private const int MaxGroups = 32;

    public static void Write(Utf8JsonWriter json, RequestEntry entry)
    {
        var record = entry.Record;
        json.WriteStartObject();
        json.WriteString("time"u8, entry.Time.UtcDateTime);
        json.WriteString("event"u8, entry.Event == RequestEvent.Upgrade ? "upgrade" : "request");
        if (record.Caller is { } caller)
        {
            WriteCaller(json, caller);
        }

        Write(json, "peer"u8, entry.Peer);
        Write(json, "auditId"u8, entry.AuditId);
        Write(json, "trace"u8, entry.TraceId);
        json.WriteString("method"u8, Bound(entry.Method));
        json.WriteString("path"u8, Bound(entry.Path));
        if (record.Access is { } access)
        {
            json.WriteString("verb"u8, access.Verb);
            Write(json, "resource"u8, access.Resource);
            Write(json, "subresource"u8, access.Subresource);
            Write(json, "name"u8, access.Name);
        }

        Write(json, "cluster"u8, record.Cluster);
        if (record.Inner is { } inner)
        {
            WriteInner(json, inner);
        }

        json.WriteBoolean("forwarded"u8, record.IsForwarded);
        Write(json, "as"u8, record.ForwardedUser);
        json.WriteNumber("status"u8, entry.Status);
        Write(json, "refusal"u8, record.Refusal);
        json.WriteNumber("durationMs"u8, Math.Round(entry.Duration.TotalMilliseconds, 3));
        json.WriteEndObject();
    }

    private static void WriteCaller(Utf8JsonWriter json, Caller caller)
    {
        json.WriteString("user"u8, Bound(caller.User));
        json.WriteString("by"u8, caller.Kind.ToTag());
        json.WriteStartArray("groups"u8);
        foreach (var name in caller.Groups.Take(MaxGroups))
        {
            json.WriteStringValue(Bound(name));
        }

        json.WriteEndArray();
        Write(json, "impersonatedBy"u8, caller.ImpersonatedBy?.User ?? "");
    }

    private static void WriteInner(Utf8JsonWriter json, InnerRequest inner)
    {
        json.WriteStartObject("inner"u8);
        json.WriteString("verb"u8, Bound(inner.Verb));
        if (inner.IsResource)
        {
            Write(json, "group"u8, inner.Group);
            Write(json, "resource"u8, inner.Resource);
            Write(json, "subresource"u8, inner.Subresource);
            Write(json, "namespace"u8, inner.Namespace);
            Write(json, "name"u8, inner.Name);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, string value)
    {
        if (value.Length > 0)
        {
            json.WriteString(name, Bound(value));
        }
    }

    private static ReadOnlySpan<char> Bound(string text) => text.AsSpan(0, Math.Min(text.Length, MaxText));
}
