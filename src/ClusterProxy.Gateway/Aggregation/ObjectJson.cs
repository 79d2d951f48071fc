using System.Globalization;
using System.Text.Json;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>Writes objects in the form that was asked for.</summary>
internal sealed class ObjectJson(ApiGroup group, ServedKind kind, ObjectForm form, IncludedObject included)
{
    private const string MetaV1 = "meta.k8s.io/v1";

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Number(ulong version) => version.ToString(CultureInfo.InvariantCulture);

    /// <summary>One object that stands for itself, in an answer or in an event of a watch.</summary>
    /// <param name="json">Positioned where a value is expected.</param>
    /// <param name="value">The object.</param>
    /// <param name="withColumns">Of a watched Table only the first one has columns.</param>
    public void WriteOne(Utf8JsonWriter json, ServedObject value, bool withColumns = true)
    {
        if (form != ObjectForm.Table)
        {
            WriteItem(json, value);
            return;
        }

        StartList(json, value.Version, withColumns);
        WriteItem(json, value);
        EndList(json);
    }

    /// <summary>An object that says nothing but how far a watch has come.</summary>
    public void WriteBookmark(Utf8JsonWriter json, ulong version, bool endsInitialEvents, bool withColumns)
    {
        if (form == ObjectForm.Table)
        {
            StartList(json, version, withColumns);
            EndList(json);
            return;
        }

        json.WriteStartObject();
        json.WriteString("kind"u8, form == ObjectForm.Partial ? "PartialObjectMetadata" : kind.Kind);
        json.WriteString("apiVersion"u8, form == ObjectForm.Partial ? MetaV1 : group.GroupVersion);
        json.WriteStartObject("metadata"u8);
        json.WriteString("resourceVersion"u8, Number(version));
        json.WriteNull("creationTimestamp"u8);
        if (endsInitialEvents)
        {
            json.WriteStartObject("annotations"u8);
            json.WriteString("k8s.io/initial-events-end"u8, "true");
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    public void StartList(Utf8JsonWriter json, ulong version, bool withColumns = true, string continueToken = "", int? remaining = null)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, form switch
        {
            ObjectForm.Table => "Table",
            ObjectForm.Partial => "PartialObjectMetadataList",
            _ => kind.Kind + "List",
        });
        json.WriteString("apiVersion"u8, form == ObjectForm.Full ? group.GroupVersion : MetaV1);
        json.WriteStartObject("metadata"u8);
        json.WriteString("resourceVersion"u8, Number(version));
        if (continueToken.Length > 0)
        {
            json.WriteString("continue"u8, continueToken);
        }

        if (remaining is { } left)
        {
            json.WriteNumber("remainingItemCount"u8, left);
        }

        json.WriteEndObject();
        if (form == ObjectForm.Table)
        {
            WriteColumns(json, withColumns);
        }

        json.WriteStartArray(form == ObjectForm.Table ? "rows"u8 : "items"u8);
    }

    public static void EndList(Utf8JsonWriter json)
    {
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public void WriteItem(Utf8JsonWriter json, ServedObject value)
    {
        if (form == ObjectForm.Table)
        {
            WriteRow(json, value);
        }
        else if (form == ObjectForm.Partial)
        {
            WritePartial(json, value);
        }
        else
        {
            WriteFull(json, value);
        }
    }

    private void WriteColumns(Utf8JsonWriter json, bool withColumns)
    {
        if (!withColumns)
        {
            json.WriteNull("columnDefinitions"u8);
            return;
        }

        json.WriteStartArray("columnDefinitions"u8);
        foreach (var column in kind.Columns)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, column.Name);
            json.WriteString("type"u8, column.Type);
            json.WriteString("format"u8, column.Format);
            json.WriteString("description"u8, column.Description);
            json.WriteNumber("priority"u8, column.Priority);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteRow(Utf8JsonWriter json, ServedObject value)
    {
        json.WriteStartObject();
        json.WriteStartArray("cells"u8);
        foreach (var cell in value.Cells)
        {
            switch (cell)
            {
                case bool flag:
                    json.WriteBooleanValue(flag);
                    break;
                case DateTimeOffset time:
                    json.WriteStringValue(Time(time));
                    break;
                case string text:
                    json.WriteStringValue(Printable(text));
                    break;
                default:
                    json.WriteNullValue();
                    break;
            }
        }

        json.WriteEndArray();
        if (included != IncludedObject.None)
        {
            json.WritePropertyName("object"u8);
            if (included == IncludedObject.Object)
            {
                WriteFull(json, value);
            }
            else
            {
                WritePartial(json, value);
            }
        }

        json.WriteEndObject();
    }

    /// <summary>Cells go to terminals as they are, and whoever writes an alias must not steer them (CVE-2021-25743).</summary>
    private static string Printable(string text) => text.Any(char.IsControl)
        ? string.Concat(text.Select(static c => char.IsControl(c) ? '\ufffd' : c))
        : text;

    private void WriteFull(Utf8JsonWriter json, ServedObject value)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, kind.Kind);
        json.WriteString("apiVersion"u8, group.GroupVersion);
        WriteMetadata(json, value);
        value.WriteBody(json);
        json.WriteEndObject();
    }

    private static void WritePartial(Utf8JsonWriter json, ServedObject value)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, "PartialObjectMetadata");
        json.WriteString("apiVersion"u8, MetaV1);
        WriteMetadata(json, value);
        json.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter json, ServedObject value)
    {
        json.WriteStartObject("metadata"u8);
        json.WriteString("name"u8, value.Name);
        if (value.Uid.Length > 0)
        {
            json.WriteString("uid"u8, value.Uid);
        }

        json.WriteString("resourceVersion"u8, Number(value.Version));
        if (value.CreatedAt == default)
        {
            json.WriteNull("creationTimestamp"u8);
        }
        else
        {
            json.WriteString("creationTimestamp"u8, Time(value.CreatedAt));
        }

        if (value.Labels.Count > 0)
        {
            json.WriteStartObject("labels"u8);
            foreach (var (key, text) in value.Labels)
            {
                json.WriteString(key, text);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
