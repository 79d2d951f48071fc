using System.Runtime.Versioning;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Hosting.Tests.Reloading;

public sealed class ReloadingFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["file"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Content_ThatChanged_IsInUseAtTheNextLook()
    {
        var file = Load("one");

        Assert.Equal(ReloadOutcome.Unchanged, file.Check());
        File.WriteAllText(Path, "two");

        Assert.Equal("one", file.Value);
        Assert.Equal(ReloadOutcome.Reloaded, file.Check());
        Assert.Equal("two", file.Value);
        Assert.Equal(ReloadOutcome.Unchanged, file.Check());
    }

    [Fact]
    public void Content_OfTheSameLengthAndTime_IsSeenAllTheSame()
    {
        var file = Load("one");
        var time = File.GetLastWriteTimeUtc(Path);

        File.WriteAllText(Path, "eno");
        File.SetLastWriteTimeUtc(Path, time);

        Assert.Equal(ReloadOutcome.Reloaded, file.Check());
        Assert.Equal("eno", file.Value);
    }

    [Fact]
    public void BadContent_IsRefusedOnce_AndTheLastGoodKept()
    {
        var file = Load("one");
        File.WriteAllText(Path, "bad");

        Assert.Equal(
            [ReloadOutcome.Unchanged, ReloadOutcome.Refused, ReloadOutcome.Unchanged, ReloadOutcome.Unchanged],
            new[] { file.Check(), file.Check(), file.Check(), file.Check() });
        Assert.Equal("one", file.Value);
        Assert.Equal("it is bad", file.Refusal);

        File.WriteAllText(Path, "two");

        Assert.Equal(ReloadOutcome.Reloaded, file.Check());
        Assert.Equal(("two", ""), (file.Value, file.Refusal));
    }

    [Fact]
    public void BadContent_ThatIsGoneAtTheNextLook_IsNotSpokenOf()
    {
        var file = Load("one");

        File.WriteAllText(Path, "bad");
        Assert.Equal(ReloadOutcome.Unchanged, file.Check());
        File.WriteAllText(Path, "bad too");
        Assert.Equal(ReloadOutcome.Unchanged, file.Check());
        File.WriteAllText(Path, "two");
        Assert.Equal(ReloadOutcome.Reloaded, file.Check());
    }

    [Fact]
    public void BadContent_ThatComesBackAfterGoodOne_IsRefusedAgain()
    {
        var file = Load("one");
        for (var i = 0; i < 2; i++)
        {
            File.WriteAllText(Path, "bad");
            Assert.Equal((ReloadOutcome.Unchanged, ReloadOutcome.Refused), (file.Check(), file.Check()));
            File.WriteAllText(Path, "one");
            Assert.Equal(ReloadOutcome.Unchanged, file.Check());
            Assert.Equal("", file.Refusal);
        }
    }

    [Fact]
    public void File_ThatIsGone_IsRefused_AndTheLastGoodKept()
    {
        var file = Load("one");
        File.Delete(Path);

        Assert.Equal((ReloadOutcome.Unchanged, ReloadOutcome.Refused), (file.Check(), file.Check()));
        Assert.Equal("one", file.Value);
        Assert.Contains("--flag=", file.Refusal, StringComparison.Ordinal);
        Assert.Contains("no such file", file.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Objection_KeepsWhatIsInUse()
    {
        File.WriteAllText(Path, "one");
        var file = new ReloadingFile<string>([new("flag", Path)], static t => t[0], static v => v == "old" ? "it is old" : null);
        File.WriteAllText(Path, "old");

        Assert.Equal((ReloadOutcome.Unchanged, ReloadOutcome.Refused), (file.Check(), file.Check()));
        Assert.Equal(("one", "it is old"), (file.Value, file.Refusal));
    }

    [Fact]
    public void Content_ThatItsReaderItselfFailsAt_IsRefusedUntilItChanges()
    {
        File.WriteAllText(Path, "one");
        var file = new ReloadingFile<string>(
            [new("flag", Path)], static t => t[0] == "odd" ? throw new InvalidOperationException("of its own") : t[0]);
        File.WriteAllText(Path, "odd");

        Assert.Equal(
            [ReloadOutcome.Unchanged, ReloadOutcome.Refused, ReloadOutcome.Unchanged], new[] { file.Check(), file.Check(), file.Check() });
        Assert.Equal("one", file.Value);
        Assert.Equal($"--flag={Path}: cannot be used because of a defect (of its own)", file.Refusal);
        Assert.IsType<InvalidOperationException>(file.Defect);

        File.WriteAllText(Path, "two");

        Assert.Equal(ReloadOutcome.Reloaded, file.Check());
        Assert.Equal(("two", ""), (file.Value, file.Refusal));
        Assert.Null(file.Defect);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void SecretVolume_ThatIsSwapped_IsFollowed()
    {
        var volume = new SecretVolume(_folder.Path);
        volume.Publish(("a", "1"), ("b", "1"));
        var file = new ReloadingFile<string>([new("x", volume["a"]), new("y", volume["b"])], static t => string.Concat(t));

        for (var i = 2; i < 5; i++)
        {
            volume.Publish(("a", $"{i}"), ("b", $"{i}"));

            Assert.Equal(ReloadOutcome.Reloaded, file.Check());
            Assert.Equal($"{i}{i}", file.Value);
        }
    }

    [Fact]
    public void FirstContent_ThatIsBad_StopsTheStart()
    {
        File.WriteAllText(Path, "bad");

        Assert.Throws<StartupException>(() => Read());
    }

    private ReloadingFile<string> Load(string content)
    {
        File.WriteAllText(Path, content);
        return Read();
    }

    private ReloadingFile<string> Read() => new(
        [new("flag", Path)],
        static texts => texts[0].StartsWith("bad", StringComparison.Ordinal) ? throw new StartupException("it is bad") : texts[0]);
}
