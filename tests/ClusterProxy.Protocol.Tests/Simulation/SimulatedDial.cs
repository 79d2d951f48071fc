using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>A dial on one tunnel, until it is answered.</summary>
internal sealed class SimulatedDial(SimulatedScheduler scheduler, long id)
{
    public long Id => id;

    public SimulatedEvent Answered { get; } = new(scheduler);

    public SimulatedAnswer Answer { get; private set; }

    public TunnelConnection? Connection { get; private set; }

    public void Complete(SimulatedAnswer answer, TunnelConnection? connection = null)
    {
        if (Answered.IsCompleted)
        {
            throw new SimulationException($"dial {id} was answered twice");
        }

        Answer = answer;
        Connection = connection;
        Answered.Set();
    }
}
