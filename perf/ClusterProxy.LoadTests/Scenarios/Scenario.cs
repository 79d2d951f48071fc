using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>One user story under load.</summary>
internal abstract class Scenario(string name)
{
    public string Name => name;

    /// <summary>Of the headline value.</summary>
    public abstract string Unit { get; }

    /// <summary>Of the CPU column; empty when the scenario has none.</summary>
    public virtual string CpuUnit => "";

    public virtual bool HigherIsBetter => true;

    /// <summary>Rounds that make sense; a long scenario runs once.</summary>
    public virtual int MaxRounds => int.MaxValue;

    /// <summary>Whether it needs processes of its own, started for it.</summary>
    public virtual bool NeedsOwnProcesses => false;

    /// <summary>Whether it may leave what it ran against unusable.</summary>
    public virtual bool IsRough => false;

    /// <summary>Whether it runs only when it is asked for by name, since a whole run has ten minutes.</summary>
    public virtual bool OnlyByName => false;

    /// <summary>After this a run counts as hung.</summary>
    public virtual TimeSpan Limit(ScenarioContext context) => (context.Window * 4) + TimeSpan.FromSeconds(20);

    public virtual bool AppliesTo(TopologyPlan plan) => true;

    /// <summary>The topology for a scenario that needs its own processes.</summary>
    public virtual Topology Create(TopologyPlan plan, ScenarioContext context) => plan.Create(context.Rig);

    public abstract Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken);
}
