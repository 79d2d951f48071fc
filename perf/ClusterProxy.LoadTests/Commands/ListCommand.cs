using System.CommandLine;
using ClusterProxy.LoadTests.Scenarios;

namespace ClusterProxy.LoadTests.Commands;

/// <summary><c>list</c>: the names that <c>compare --scenario</c> takes.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var command = new Command("list", "Print the scenarios and their units.");
        command.SetAction(_ =>
        {
            foreach (var scenario in ScenarioCatalog.All)
            {
                Console.WriteLine($"{scenario.Name,-20} {scenario.Unit}{(scenario.OnlyByName ? ", only by name" : "")}");
            }
        });
        return command;
    }
}
