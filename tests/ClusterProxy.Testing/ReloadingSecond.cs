namespace ClusterProxy.Testing;

public static class ReloadingSecond
{
    /// <summary>
    /// The second after which a file that changed is to be in use, in four steps, since what is done in one of them may begin the next. How
    /// long the machine takes to run what they started has no part in it.
    /// </summary>
    public static void PassASecond(this ManualTime time)
    {
        for (var step = 0; step < 4; step++)
        {
            time.Advance(TimeSpan.FromMilliseconds(250));
        }
    }
}
