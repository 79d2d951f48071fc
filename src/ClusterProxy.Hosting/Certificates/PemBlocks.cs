using System.Security.Cryptography;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>Reads a PEM text block by block, leaving out what is no block: prose, truncated blocks, bodies that are no base64.</summary>
internal static class PemBlocks
{
    private const string Begin = "-----BEGIN ";

    public static IEnumerable<PemBlock> Read(string pem)
    {
        var position = 0;
        while (true)
        {
            var begin = pem.IndexOf(Begin, position, StringComparison.Ordinal);
            if (begin < 0)
            {
                yield break;
            }

            // A truncated block must not swallow the whole one that follows it, so each is looked at up to the next BEGIN.
            var next = pem.IndexOf(Begin, begin + Begin.Length, StringComparison.Ordinal);
            position = next < 0 ? pem.Length : next;
            if (PemEncoding.TryFind(pem.AsSpan(begin, position - begin), out var fields))
            {
                var segment = pem.AsSpan(begin, position - begin);
                var data = new byte[fields.DecodedDataLength];
                if (Convert.TryFromBase64Chars(segment[fields.Base64Data], data, out var written) && written == data.Length)
                {
                    yield return new PemBlock(segment[fields.Label].ToString(), data);
                }
            }
        }
    }
}
