namespace ClusterProxy.LoadTests.Commands;

internal enum OutputFormat
{
    Table,
    Markdown,
    Json,
}
