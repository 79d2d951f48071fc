global using ClusterProxy.Client.Tests.Scripted;
