using ClusterProxy.Hosting.Validation;

namespace ClusterProxy.Hosting.Tests.Validation;

public sealed class OptionErrorsTests
{
    private readonly OptionErrors _errors = new();

    [Theory]
    [InlineData(1023, "flag --p: 1023 is out of range: write a number from 1024 to 49151")]
    [InlineData(1024, null)]
    [InlineData(49151, null)]
    [InlineData(49152, "flag --p: 49152 is out of range: write a number from 1024 to 49151")]
    public void Range_Value_IsCheckedAtBothEnds(int value, string? expected)
    {
        _errors.Range("p", value, 1024, 49151);
        Assert.Equal(expected, _errors.Sentences.SingleOrDefault());
    }

    [Fact]
    public void AtLeast_Smaller_IsAnError()
    {
        _errors.AtLeast("n", 1, 1);
        Assert.Empty(_errors.Sentences);
        _errors.AtLeast("n", 0, 1);
        Assert.Equal(["flag --n: 0 is too small: write 1 or more"], _errors.Sentences);
    }

    [Fact]
    public void Durations_AtZero_DifferByRule()
    {
        _errors.NotNegative("a", TimeSpan.Zero);
        Assert.Empty(_errors.Sentences);
        _errors.NotNegative("a", TimeSpan.FromSeconds(-1));
        _errors.Positive("b", TimeSpan.Zero);
        Assert.Equal(
            ["flag --a: -1s is negative: write 0 or more, such as 30s", "flag --b: 0s is too short: write more than 0, such as 10s"],
            _errors.Sentences);
    }

    [Theory]
    [InlineData("", "", null)]
    [InlineData("c", "k", null)]
    [InlineData("c", "", "flag --cert is \"c\" but --key is empty: give both or neither")]
    [InlineData("", "k", "flag --key is \"k\" but --cert is empty: give both or neither")]
    public void BothOrNeither_Half_IsAnError(string cert, string key, string? expected)
    {
        _errors.BothOrNeither("cert", cert, "key", key);
        Assert.Equal(expected, _errors.Sentences.SingleOrDefault());
    }

    [Fact]
    public void Readable_File_MustExistAndBeAFile()
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            var file = Path.Combine(directory.FullName, "file");
            File.WriteAllText(file, "x");
            _errors.Readable("f", "");
            _errors.Readable("f", file);
            Assert.Empty(_errors.Sentences);

            _errors.Readable("f", file + "2");
            _errors.Readable("f", Path.Combine(directory.FullName, "no", "file"));
            _errors.Readable("f", directory.FullName);
            Assert.Equal(
                [
                    $"flag --f: there is no file \"{file}2\": correct the path or create the file",
                    $"flag --f: there is no file \"{directory.FullName}/no/file\": correct the path or create the file",
                    $"flag --f: \"{directory.FullName}\" is a directory: write the path of a file in it",
                ],
                _errors.Sentences);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
