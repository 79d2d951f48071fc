using System.Text;

namespace ClusterProxy.Server.Grpc;

/// <summary>
/// Reads whatever a client calls this server as the name that Kestrel takes. Go's gRPC, and so kube-apiserver, calls a server behind
/// a Unix socket by the socket's path, raw or percent-encoded, and Kestrel resets the stream of a host with such characters. Nothing
/// here asks for the name: a port serves one method.
/// </summary>
internal sealed class AuthorityEncoding : Encoding
{
    private const string Read = "localhost";

    private static readonly AuthorityEncoding Instance = new();

    private AuthorityEncoding()
    {
    }

    /// <summary>For Kestrel's <c>RequestHeaderEncodingSelector</c>, which is asked for each header of a request.</summary>
    public static Encoding? Select(string header) => header is ":authority" or "Host" ? Instance : null;

    public override int GetCharCount(byte[] bytes, int index, int count) => Read.Length;

    public override int GetMaxCharCount(int byteCount) => Read.Length;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        Read.CopyTo(0, chars, charIndex, Read.Length);
        return Read.Length;
    }

    public override int GetByteCount(char[] chars, int index, int count) => throw new NotSupportedException("It is only read.");

    public override int GetMaxByteCount(int charCount) => throw new NotSupportedException("It is only read.");

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        throw new NotSupportedException("It is only read.");
}
