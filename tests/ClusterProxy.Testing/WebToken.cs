using System.Buffers.Text;
using System.Text;

namespace ClusterProxy.Testing;

/// <summary>A JSON Web Token that nobody has signed, such as a service account's.</summary>
public static class WebToken
{
    /// <param name="start">From when on it says to be good.</param>
    /// <param name="end">Until when.</param>
    public static string Of(DateTimeOffset start, DateTimeOffset end) =>
        Of($$"""{"nbf":{{start.ToUnixTimeSeconds()}},"exp":{{end.ToUnixTimeSeconds()}}}""");

    /// <param name="claims">As they stand in it.</param>
    public static string Of(string claims) => $"e30.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}.c2ln";
}
