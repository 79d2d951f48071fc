using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Gateway.Certificates;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Gateway.Tests.Certificates;

public sealed class AuthorityRotationTests
{
    private static readonly RotationTimes _times = new(TimeSpan.FromDays(30), TimeSpan.FromDays(900), TimeSpan.FromDays(1));

    private readonly ManualTime _time = new();
    private readonly AuthorityRotation _rotation;
    private AuthorityState _state;

    public AuthorityRotationTests()
    {
        _rotation = new AuthorityRotation(_times, _time);
        _state = _rotation.Create();
    }

    [Fact]
    public void Due_UntilTwoThirdsOfTheLife_IsNothing()
    {
        _time.Advance(_times.Authority * 0.66);

        Assert.Equal(AuthorityTransition.None, Due());
    }

    [Fact]
    public void RollOver_TrustsBoth_UntilTheLastLeafOfTheOldOneEnded()
    {
        var old = Subjects()[0];

        _time.Advance(_times.Authority * 0.67);
        Assert.Equal(AuthorityTransition.Stage, Take());
        var staged = Subjects();
        Assert.Equal((2, old), (staged.Count, staged[0]));
        Assert.Equal(old, Signer());

        Assert.Equal(AuthorityTransition.None, Due());
        _time.Advance(_times.Lead);
        Assert.Equal(AuthorityTransition.Promote, Take());
        Assert.Equal(staged.Reverse(), Subjects());
        Assert.Equal(staged[1], Signer());

        _time.Advance(_times.Leaf);
        Assert.Equal(AuthorityTransition.None, Due());
        _time.Advance(_times.Leaf * 0.1);
        Assert.Equal(AuthorityTransition.Retire, Take());
        Assert.Equal([staged[1]], Subjects());
        Assert.Equal(AuthorityTransition.None, Due());
    }

    [Fact]
    public void Promote_WaitsUntilClientsTrustTheNewOne()
    {
        var before = _state.Bundle;
        _time.Advance(_times.Authority * 0.67);
        Take();
        _time.Advance(_times.Lead);

        Assert.Equal(AuthorityTransition.None, _rotation.Due(_state, published: ""));
        Assert.Equal(AuthorityTransition.None, _rotation.Due(_state, before));
        Assert.Equal(AuthorityTransition.Promote, _rotation.Due(_state, _state.Bundle));
    }

    [Fact]
    public void AuthorityOfAShorterLifeThanOurs_IsRolledOverAtTwoThirdsOfItsOwn()
    {
        using var foreign = CertificateAuthority.Create("foreign", _time, TimeSpan.FromDays(90));
        _state = new AuthorityState(foreign.ExportCertificatePem(), foreign.ExportKeyPem());

        Assert.Equal(AuthorityTransition.None, Due());
        _time.Advance(TimeSpan.FromDays(61));

        Assert.Equal(AuthorityTransition.Stage, Due());
    }

    [Fact]
    public void RsaSigner_IsTakenUp_AndRolledOverToOneOfOurs()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=signer", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var signer = request.CreateSelfSigned(_time.GetUtcNow(), _time.GetUtcNow() + _times.Authority);
        _state = new AuthorityState(signer.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem());

        Assert.Equal((AuthorityTransition.None, "CN=signer"), (Due(), Signer()));
        _time.Advance(_times.Authority * 0.67);
        Assert.Equal(AuthorityTransition.Stage, Take());
        _time.Advance(_times.Lead);
        Assert.Equal(AuthorityTransition.Promote, Take());

        Assert.NotEqual("CN=signer", Signer());
        Assert.Equal("CN=signer", Subjects()[1]);
    }

    [Fact]
    public void Text_ShowsNoKey() => Assert.DoesNotContain("KEY", $"{_state}", StringComparison.Ordinal);

    private AuthorityTransition Due() => _rotation.Due(_state, published: null);

    private AuthorityTransition Take()
    {
        var step = Due();
        _state = _rotation.Take(step, _state);
        return step;
    }

    private IReadOnlyList<string> Subjects() => [.. CaBundle.Parse(_state.Bundle, "bundle").Certificates.Select(static c => c.Subject)];

    private string Signer()
    {
        using var signing = _rotation.Signing(_state);
        return signing.Certificate.Subject;
    }
}
