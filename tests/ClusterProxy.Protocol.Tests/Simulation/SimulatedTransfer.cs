using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>Both directions of one connection, and its ends. A dial that is tried again gets a new one.</summary>
internal sealed class SimulatedTransfer(string name, int key, SimulatedAgent agent, TunnelConnection dialed)
{
    /// <summary>Frontend to target.</summary>
    public ByteHistory Upload { get; } = new($"{name} upload", key);

    /// <summary>Target to frontend.</summary>
    public ByteHistory Download { get; } = new($"{name} download", key + 1);

    public TunnelConnection Dialed => dialed;

    public TunnelConnection? Dialer { get; set; }

    /// <summary>What joins the frontend's lane and the agent's tunnel, if the frontend came on a lane.</summary>
    public ConnectionSplice? Splice { get; set; }

    /// <summary>That lane's end at the server.</summary>
    public SimulatedLaneServer? Lane { get; set; }

    /// <summary>The frontend broke off, or did not read in time; peers without half-close cannot tell that from an end.</summary>
    public bool IsCut
    {
        get => field || (Splice?.ToTarget ?? Dialer)?.LostBy is not null;
        set;
    }

    /// <summary>No end has seen the end.</summary>
    public bool IsOpen => !dialed.Completion.IsCompleted && Dialer is { Completion.IsCompleted: false } &&
        Splice is null or { ToTarget.Completion.IsCompleted: false, ToFrontend.Completion.IsCompleted: false };

    /// <summary>Whether it is the connection that is known by an id at one end of a tunnel or a lane.</summary>
    public bool IsKnownAt(SimulatedEnd end, long connectId) => end == agent
        ? dialed.ConnectId == connectId
        : end == Lane && Splice?.ToFrontend.ConnectId == connectId;

    /// <summary>Credit is neither made nor negative. What is under way is missing from what the sender has.</summary>
    public void CheckCredit(bool nothingUnderWay)
    {
        if (Splice is { } splice)
        {
            CheckLeg(Dialer, splice.ToFrontend, nothingUnderWay, "on the lane");
            CheckLeg(splice.ToTarget, dialed, nothingUnderWay, "behind the lane");
        }
        else
        {
            CheckLeg(Dialer, dialed, nothingUnderWay, "");
        }
    }

    private void CheckLeg(TunnelConnection? dialer, TunnelConnection answering, bool nothingUnderWay, string where)
    {
        if (dialer is { Window: { } atDialer } && answering.Window is { } atAnswering)
        {
            Check(dialer.SendCredit, atAnswering, nothingUnderWay, $"upload {where}");
            Check(answering.SendCredit, atDialer, nothingUnderWay, $"download {where}");
        }
    }

    private void Check(long left, ReceiveWindow window, bool nothingUnderWay, string direction)
    {
        var outstanding = window.Granted - window.Received;
        if (left < 0 || outstanding < left || (nothingUnderWay && outstanding != left))
        {
            throw new SimulationException(
                $"{name} {direction}: {window.Granted} bytes granted, {window.Received} received, and the sender has credit for {left}");
        }
    }
}
