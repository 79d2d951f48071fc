using ClusterProxy.Gateway.Forwarding;
using Microsoft.Extensions.Primitives;

namespace ClusterProxy.Gateway.Tests.Forwarding;

public sealed class HeaderRulesTests
{
    [Theory]
    [InlineData("Authorization")]
    [InlineData("AUTHORIZATION")]
    [InlineData("X-Remote-User")]
    [InlineData("X_Remote_User")]
    [InlineData("x-remote_group")]
    [InlineData("X-Remote-Extra-Scopes")]
    [InlineData("X-REMOTE-ANYTHING-NEW")]
    [InlineData("Impersonate-User")]
    [InlineData("impersonate_uid")]
    [InlineData("Impersonate-Extra-a%2fb")]
    [InlineData("Cookie")]
    [InlineData("Connection")]
    [InlineData("proxy-connection")]
    [InlineData("Keep_Alive")]
    [InlineData("TE")]
    [InlineData("Trailer")]
    [InlineData("Transfer_Encoding")]
    [InlineData("Upgrade")]
    [InlineData("HTTP2-Settings")]
    [InlineData("Proxy-Authorization")]
    [InlineData(":authority")]
    [InlineData("X-Hop")]
    [InlineData("x_hop")]
    public void Request_HeaderThatIsTheGatewaysAffair_DoesNotPass(string name) =>
        Assert.False(HeaderRules.PassesInRequest(name, HeaderRules.NamedByConnection(new StringValues(["close, X-Hop", "Other"]))));

    [Theory]
    [InlineData("Accept")]
    [InlineData("User-Agent")]
    [InlineData("X-Stream-Protocol-Version")]
    [InlineData("Sec-WebSocket-Key")]
    [InlineData("Audit-ID")]
    [InlineData("X-Remotely-Related")]
    [InlineData("Kubectl-Command")]
    [InlineData("traceparent")]
    public void Request_EndToEndHeader_Passes(string name) => Assert.True(HeaderRules.PassesInRequest(name, []));

    [Theory]
    [InlineData("Location")]
    [InlineData("Set-Cookie")]
    [InlineData("Alt-Svc")]
    [InlineData("Access-Control-Allow-Origin")]
    [InlineData("Strict-Transport-Security")]
    [InlineData("Transfer-Encoding")]
    public void Answer_HeaderThatSpeaksForTheGatewaysHost_DoesNotPass(string name) => Assert.False(HeaderRules.PassesInAnswer(name, []));

    [Theory]
    [InlineData("Warning")]
    [InlineData("ETag")]
    [InlineData("Content-Type")]
    [InlineData("Retry-After")]
    [InlineData("WWW-Authenticate")]
    [InlineData("X-Kubernetes-Pf-Flowschema-Uid")]
    public void Answer_EndToEndHeader_Passes(string name) => Assert.True(HeaderRules.PassesInAnswer(name, []));

    [Fact]
    public void Subprotocols_TokenAmongThem_IsTakenOut()
    {
        var left = HeaderRules.WithoutToken(new StringValues(["base64url.bearer.authorization.k8s.io.c2VjcmV0, v5.channel.k8s.io", "v4.channel.k8s.io"]));

        Assert.Equal("v5.channel.k8s.io, v4.channel.k8s.io", left.ToString());
    }

    [Fact]
    public void Subprotocols_NothingButAToken_LeavesNone() =>
        Assert.Equal(0, HeaderRules.WithoutToken(new StringValues("BASE64URL.bearer.authorization.k8s.io.c2VjcmV0")).Count);
}
