using ClusterProxy.Gateway.Status;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>What a client asked for cannot be served: the edge writes the answer.</summary>
internal sealed class ApiProblemException(StatusAnswer answer) : Exception(answer.Message)
{
    public StatusAnswer Answer => answer;

    public static ApiProblemException BadRequest(string message) => new(StatusAnswer.BadRequest(message));

    public static ApiProblemException Invalid(string message) =>
        new(new StatusAnswer(StatusCodes.Status422UnprocessableEntity, StatusReason.Invalid, message));

    public static ApiProblemException TooLarge(int limit) => new(new StatusAnswer(
        StatusCodes.Status413PayloadTooLarge, StatusReason.RequestEntityTooLarge, $"the body is larger than {limit} bytes"));

    public static ApiProblemException Expired(string message) =>
        new(new StatusAnswer(StatusCodes.Status410Gone, StatusReason.Expired, message));

    public static ApiProblemException NotAcceptable() => new(new StatusAnswer(
        StatusCodes.Status406NotAcceptable, StatusReason.NotAcceptable, "only the following media types are accepted: application/json"));

    public static ApiProblemException UnsupportedMediaType(string type) => new(new StatusAnswer(
        StatusCodes.Status415UnsupportedMediaType, StatusReason.UnsupportedMediaType,
        $"the body of the request was in an unknown format - \"{type}\"; send application/json"));
}
