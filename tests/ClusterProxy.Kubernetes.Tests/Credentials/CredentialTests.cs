using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Requests;

namespace ClusterProxy.Kubernetes.Tests.Credentials;

public sealed class CredentialTests : ApiTest
{
    [Fact]
    public async Task TokenFile_ThatIsReplaced_IsReadAgain()
    {
        using var directory = new TemporaryDirectory();
        Api.Tokens["one"] = new ApiUser("first");
        Api.Tokens["two"] = new ApiUser("second");
        await File.WriteAllTextAsync(directory.File("token"), "one\n");
        var client = Client(User(new KubeConfigUser { TokenFile = directory.File("token") }), Quick with { FileRereadPeriod = TimeSpan.Zero });
        await client.GetRawAsync("/version").DefaultTimeout();

        await File.WriteAllTextAsync(directory.File("token"), "two\n");
        await client.GetRawAsync("/version").DefaultTimeout();
        File.Delete(directory.File("token"));
        await client.GetRawAsync("/version").DefaultTimeout();

        Assert.Equal(["first", "second", "second"], Api.Requests.Select(static r => r.User!.Name));
    }

    [Fact]
    public async Task TokenFile_IsReadAgainAtOnce_WhenItsTokenIsRefused()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.File("token"), "old");
        Api.Tokens["old"] = new ApiUser("old");
        var client = Client(User(new KubeConfigUser { TokenFile = directory.File("token") }), Quick with { FileRereadPeriod = TimeSpan.FromHours(1) });
        await client.GetRawAsync("/version").DefaultTimeout();

        Api.Tokens.TryRemove("old", out _);
        Api.Tokens["new"] = new ApiUser("new");
        await File.WriteAllTextAsync(directory.File("token"), "new");
        await client.GetRawAsync("/version").DefaultTimeout();

        Assert.Equal(["old", null, "new"], Api.Requests.Select(static r => r.User?.Name));
    }

    [Fact]
    public async Task TokenFile_ThatIsNotThere_IsAFailureOfTheRequest()
    {
        var client = Client(User(new KubeConfigUser { TokenFile = "/nowhere/token" }));

        var error = await Assert.ThrowsAsync<KubeConfigException>(() => client.GetRawAsync("/version")).DefaultTimeout();

        Assert.Contains("/nowhere/token", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TokenThatIsRefused_IsUnauthorized_WithoutASecondTry()
    {
        await Assert.ThrowsAsync<ApiUnauthorizedException>(() => Client(Api.Access("unknown")).GetRawAsync("/version")).DefaultTimeout();

        Assert.Single(Api.Requests);
    }

    [Fact]
    public async Task PasswordAndImpersonation_AreHeaders()
    {
        Api.Faults.Say(static _ => true, 200, "application/json", "{}");
        var user = new KubeConfigUser
        {
            Username = "u",
            Password = "p",
            Impersonate = new Impersonation(
                "jane", "7", ["a", "b"], new Dictionary<string, IReadOnlyList<string>> { ["example.com/Scope"] = ["view"] }),
        };

        await Client(User(user)).GetRawAsync("/version").DefaultTimeout();

        var headers = Api.Requests.Single().Headers;
        Assert.Equal("Basic dTpw", headers["Authorization"]);
        Assert.Equal("jane", headers["Impersonate-User"]);
        Assert.Equal("7", headers["Impersonate-Uid"]);
        Assert.Equal("a,b", headers["Impersonate-Group"].Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal("view", headers["Impersonate-Extra-example.com%2FScope"]);
    }

    private ClusterAccess User(KubeConfigUser user) => Api.Access() with { User = user };
}
