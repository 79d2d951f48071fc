using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterProxy.Kubernetes.Resources;

/// <summary>
/// Kubernetes' Time where the owner of one object writes it and the lists of all are read: what Go takes for a time and .NET does not, such
/// as an offset of 23 hours, is none, and the object is read.
/// </summary>
internal sealed class LenientTimeConverter : JsonConverter<DateTimeOffset?>
{
    private static readonly TimeConverter Strict = new();

    public override DateTimeOffset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TryGetDateTimeOffset(out var time) ? time : null;

    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options)
    {
        if (value is { } time)
        {
            Strict.Write(writer, time, options);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
