using System.Runtime.Versioning;
using System.Text;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Audit;

namespace ClusterProxy.Server.Tests.Audit;

public sealed class AuditFileTests : IDisposable
{
    private const int MaxBytes = 100;

    private readonly TemporaryDirectory _folder = new();

    private string Path => _folder.File("audit.log");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Files_AreBoundedInSizeAndCount_AndHoldTheNewestLines(int backups)
    {
        using (var file = new AuditFile(Path, MaxBytes, backups))
        {
            for (var i = 0; i < 100; i++)
            {
                file.Write(Line(i));
            }
        }

        var files = Directory.GetFiles(_folder.Path);
        Assert.Equal(1 + backups, files.Length);
        Assert.All(files, static f => Assert.InRange(new FileInfo(f).Length, 1, MaxBytes));
        var lines = Enumerable.Range(1, backups).Reverse().Select(i => $"{Path}.{i}").Append(Path).SelectMany(File.ReadAllLines).ToList();
        Assert.Equal(Enumerable.Range(100 - lines.Count, lines.Count).Select(static i => $"line {i:D4}"), lines);
    }

    [Fact]
    public void File_ThatIsThere_IsAppendedTo_AndItsHalfLineEnded()
    {
        File.WriteAllText(Path, "line 0001\nline 00");

        using (var file = new AuditFile(Path, MaxBytes, maxBackups: 1))
        {
            file.Write(Line(2));
        }

        Assert.Equal(["line 0001", "line 00", "line 0002"], File.ReadAllLines(Path));
    }

    [Fact]
    public void File_ThatIsMovedAway_IsMadeAnew()
    {
        using var file = new AuditFile(Path, MaxBytes, maxBackups: 1);
        file.Write(Line(1));

        File.Move(Path, _folder.File("taken"));
        file.Write(Line(2));

        Assert.Equal(["line 0002"], File.ReadAllLines(Path));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void File_IsReadableForOwnerAndGroupOnly()
    {
        using var file = new AuditFile(Path, MaxBytes, maxBackups: 1);

        Assert.Equal(
            UnixFileMode.None, File.GetUnixFileMode(Path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead));
    }

    [SkippableFact]
    public void FullDisk_IsAnIOException_EachTime()
    {
        Skip.IfNot(File.Exists("/dev/full"), "no /dev/full");
        using var file = new AuditFile("/dev/full", MaxBytes, maxBackups: 1);

        Assert.Throws<IOException>(() => file.Write(Line(1)));
        Assert.Throws<IOException>(() => file.Write(Line(2)));
    }

    [Fact]
    public void File_ThatCannotBe_IsSaidAtTheStart()
    {
        var error = Assert.Throws<StartupException>(() => new AuditFile(_folder.File("none/audit.log"), MaxBytes, maxBackups: 1));

        Assert.Contains("--audit-log-path=", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Line(int number) => Encoding.ASCII.GetBytes($"line {number:D4}\n");
}
