using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Kubernetes.Tests.Configuration;

public sealed class InClusterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public InClusterTests()
    {
        File.WriteAllText(_directory.File("token"), "t\n");
        File.WriteAllText(_directory.File("ca.crt"), "PEM");
        File.WriteAllText(_directory.File("namespace"), "mine\n");
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("10.0.0.1", "443", "https://10.0.0.1/")]
    [InlineData("fd00::1", "6443", "https://[fd00::1]:6443/")]
    [InlineData("kubernetes.default", "443", "https://kubernetes.default/")]
    public void Access_IsMadeOfVariablesAndFiles(string host, string port, string server)
    {
        var access = InCluster.Access(host, port, _directory.Path);

        Assert.Equal(server, access.Cluster.Server.AbsoluteUri);
        Assert.Equal(_directory.File("token"), access.User.TokenFile);
        Assert.Equal(_directory.File("ca.crt"), access.Cluster.CertificateAuthority!.Path);
        Assert.Equal("mine", access.Namespace);
    }

    [Fact]
    public void Access_WithoutVariables_SaysThatThisIsNoCluster() => Assert.Contains(
        InCluster.HostVariable, Assert.Throws<KubeConfigException>(() => InCluster.Access(null, "443", _directory.Path)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("token")]
    [InlineData("ca.crt")]
    public void Access_WithoutAFile_NamesIt(string file)
    {
        File.Delete(_directory.File(file));

        Assert.Contains(
            _directory.File(file), Assert.Throws<KubeConfigException>(() => InCluster.Access("h", "1", _directory.Path)).Message, StringComparison.Ordinal);
    }
}
