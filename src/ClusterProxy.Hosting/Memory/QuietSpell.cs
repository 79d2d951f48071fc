namespace ClusterProxy.Hosting.Memory;

/// <summary>Tells when a process that has worked has fallen quiet, from how much it had done at each look. For one caller.</summary>
/// <param name="busy">From one look to the next: as much of either kind is work.</param>
/// <param name="looks">Looks in a row without work that make it quiet.</param>
internal sealed class QuietSpell(Work busy, int looks)
{
    private Work _done;
    private int _quietLooks;
    private bool _hasWorked;

    /// <param name="done">So far; never less than at the look before.</param>
    /// <returns>Whether it has fallen quiet with this look: once, and not again before it has worked again.</returns>
    public bool BeginsAt(Work done)
    {
        var now = done.Since(_done);
        var isBusy = now.Allocated >= busy.Allocated || now.Moved >= busy.Moved;
        _done = done;
        _hasWorked |= isBusy;
        _quietLooks = isBusy ? 0 : _quietLooks + 1;
        if (!_hasWorked || _quietLooks < looks)
        {
            return false;
        }

        _hasWorked = false;
        return true;
    }
}
