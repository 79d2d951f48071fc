global using ClusterProxy.Client.Tests.Scripted;
global using ClusterProxy.Testing.Certificates;
global using ClusterProxy.Testing.Targets;
