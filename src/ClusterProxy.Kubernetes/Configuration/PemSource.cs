using System.Text;

namespace ClusterProxy.Kubernetes.Configuration;

/// <summary>PEM text that lies in the configuration itself or in a file, which is read anew at each use.</summary>
public sealed class PemSource
{
    /// <summary>Bundles are kilobytes; a path that leads to a log or a device is a slip.</summary>
    private const long MaxBytes = 4 << 20;

    // Bytes take half the room of text, and a fleet has thousands of bundles.
    private readonly byte[]? _inline;

    private PemSource(string? path, byte[]? inline)
    {
        Path = path;
        _inline = inline;
    }

    /// <summary>Null for text that lies in the configuration.</summary>
    public string? Path { get; }

    public static PemSource FromFile(string path) => new(System.IO.Path.GetFullPath(path), null);

    public static PemSource FromText(string pem) => FromBytes(Encoding.UTF8.GetBytes(pem));

    /// <param name="pem">Kept, not copied.</param>
    public static PemSource FromBytes(byte[] pem) => new(null, pem);

    /// <summary>The same file, or the same text.</summary>
    public bool IsSameAs(PemSource other) => Path == other.Path && _inline.AsSpan().SequenceEqual(other._inline);

    /// <summary>Never the text itself: it may be a key.</summary>
    public override string ToString() => Path ?? "inline data";

    /// <exception cref="KubeConfigException">The file cannot be read.</exception>
    public string Read()
    {
        if (_inline is not null)
        {
            return Encoding.UTF8.GetString(_inline);
        }

        try
        {
            var length = new FileInfo(Path!).Length;
            return length <= MaxBytes
                ? File.ReadAllText(Path!)
                : throw new KubeConfigException($"{Path}: larger than {MaxBytes >> 20} MiB, so no PEM file; check the path");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"{Path}: cannot be read ({e.Message})", e);
        }
    }
}
