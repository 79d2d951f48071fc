namespace ClusterProxy.Hosting.Certificates;

internal static class TlsHandshakeFailureText
{
    public static string Tag(this TlsHandshakeFailure failure) => failure switch
    {
        TlsHandshakeFailure.NoClientHello => "no_client_hello",
        TlsHandshakeFailure.Aborted => "aborted",
        TlsHandshakeFailure.Timeout => "timeout",
        TlsHandshakeFailure.TurnedAway => "turned_away",
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, "not a failure"),
    };
}
