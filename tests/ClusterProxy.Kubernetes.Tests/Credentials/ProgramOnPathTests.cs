using System.Runtime.Versioning;
using ClusterProxy.Kubernetes.Credentials;

namespace ClusterProxy.Kubernetes.Tests.Credentials;

[UnsupportedOSPlatform("windows")]
public sealed class ProgramOnPathTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly TemporaryDirectory _other = new();

    public void Dispose()
    {
        _folder.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void Name_IsLookedForOnPath_InItsOrder_AmongProgramsOnly()
    {
        Write(_folder.File("tool"), UnixFileMode.UserRead);
        var program = Write(_other.File("tool"), UnixFileMode.UserRead | UnixFileMode.UserExecute);

        Assert.Equal(program, ProgramOnPath.Find("tool", $"/no/such/folder:{_folder.Path}:{_other.Path}"));
        Assert.Null(ProgramOnPath.Find("tool", _folder.Path));
    }

    /// <summary>The current folder is where somebody else's files may lie.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData(":")]
    [InlineData(null)]
    public void Name_IsNotLookedForInTheCurrentFolder(string? path)
    {
        var name = $"tool-{Guid.NewGuid():N}";
        var file = Write(Path.GetFullPath(name), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            Assert.Null(ProgramOnPath.Find(name, path));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("/usr/bin/tool")]
    [InlineData("./tool")]
    public void Path_IsTakenAsItIs(string path) => Assert.Equal(path, ProgramOnPath.Find(path, "/usr/bin"));

    private static string Write(string file, UnixFileMode mode)
    {
        File.WriteAllText(file, "#!/bin/sh\n");
        File.SetUnixFileMode(file, mode);
        return file;
    }
}
