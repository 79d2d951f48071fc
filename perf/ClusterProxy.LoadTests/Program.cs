using System.CommandLine;
using ClusterProxy.LoadTests.Commands;
using ClusterProxy.LoadTests.Gateway;

var root = new RootCommand("Load tests: ours beside others, in one run on one machine.") { CompareCommand.Create(), FleetCommand.Create(), AgentsCommand.Create(), GatewayCommand.Create(), ListCommand.Create() };
return await root.Parse(args).InvokeAsync();
