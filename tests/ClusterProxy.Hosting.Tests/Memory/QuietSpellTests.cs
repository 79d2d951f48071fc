using ClusterProxy.Hosting.Memory;

namespace ClusterProxy.Hosting.Tests.Memory;

public sealed class QuietSpellTests
{
    private static readonly Work Busy = new(Allocated: 100, Moved: 10);
    private static readonly Work Little = new(Allocated: 99, Moved: 9);

    private readonly QuietSpell _spell = new(Busy, looks: 3);
    private Work _done;

    private static Work None => default;

    [Fact]
    public void Work_ThenQuiet_BeginsAtTheThirdQuietLook_Once() =>
        Assert.Equal([false, false, false, true, false, false, false], Looks(Busy, None, None, None, None, None, None));

    [Fact]
    public void EitherKind_IsWork()
    {
        Assert.Equal([false, false, false, true], Looks(new Work(100, 0), None, None, None));
        Assert.Equal([false, false, false, true], Looks(new Work(0, 10), None, None, None));
    }

    [Fact]
    public void WorkWithinTheSpell_StartsItAnew() =>
        Assert.Equal([false, false, false, false, false, false, true], Looks(Busy, None, None, Busy, None, None, None));

    [Fact]
    public void WorkAfterASpell_BringsAnother() =>
        Assert.Equal([false, false, false, true, false, false, false, true], Looks(Busy, None, None, None, Busy, None, None, None));

    [Fact]
    public void SteadyWork_IsNeverQuiet() => Assert.DoesNotContain(true, Looks(Enumerable.Repeat(Busy, 50)));

    [Fact]
    public void LittleWork_IsQuiet_AndBringsNoSpellByItself()
    {
        Assert.Equal([false, false, false, true], Looks(Busy, Little, Little, Little));
        Assert.DoesNotContain(true, Looks(Enumerable.Repeat(Little, 50)));
    }

    private bool[] Looks(params IEnumerable<Work> amounts) => [.. amounts.Select(amount =>
    {
        _done = new Work(_done.Allocated + amount.Allocated, _done.Moved + amount.Moved);
        return _spell.BeginsAt(_done);
    })];
}
