namespace ClusterProxy.LoadTests.Gateway;

internal static class GatewayParts
{
    public static IReadOnlyList<IGatewayPart> All { get; } =
        [new RequestsPart(), new ExecPart(), new ListPart(), new WatchesPart(), new CataloguePart()];
}
