using System.Text.Json.Nodes;

namespace ClusterProxy.Gateway.Tests.Kit;

internal static class Answers
{
    public static async Task<JsonNode> JsonAsync(this HttpClient client, string path, string accept = "application/json")
    {
        using var response = await client.AskAsync(path, accept);
        var text = await response.Content.ReadAsStringAsync().DefaultTimeout();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    public static Task<HttpResponseMessage> AskAsync(this HttpClient client, string path, string accept = "application/json", params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).DefaultTimeout();
    }

    public static async Task<(int Code, string Reason, string Message)> StatusAsync(this Task<HttpResponseMessage> asking)
    {
        using var response = await asking;
        var status = JsonNode.Parse(await response.Content.ReadAsStringAsync().DefaultTimeout())!;
        Assert.Equal("Status", (string?)status["kind"]);
        Assert.Equal((int)response.StatusCode, (int?)status["code"]);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        return ((int)response.StatusCode, (string)status["reason"]!, (string)status["message"]!);
    }
}
