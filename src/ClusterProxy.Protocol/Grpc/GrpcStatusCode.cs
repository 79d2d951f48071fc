namespace ClusterProxy.Protocol.Grpc;

/// <summary>The status codes of gRPC, with their numbers on the wire.</summary>
/// <remarks>Source: gRPC over HTTP/2, "Status Codes". The names are those that upstream's metric labels carry.</remarks>
public enum GrpcStatusCode
{
    /// <summary>The call ended as it should.</summary>
    OK = 0,

    /// <summary>The caller gave up.</summary>
    Canceled = 1,

    /// <summary>An error without a code of its own.</summary>
    Unknown = 2,

    /// <summary>The request itself is wrong.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed first.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for does not exist.</summary>
    NotFound = 5,

    /// <summary>What was to be created exists already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not.</summary>
    PermissionDenied = 7,

    /// <summary>A limit was reached, message size included.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is in no state for the call.</summary>
    FailedPrecondition = 9,

    /// <summary>A conflict ended the call.</summary>
    Aborted = 10,

    /// <summary>Past the valid range.</summary>
    OutOfRange = 11,

    /// <summary>No such method, or an encoding that is not supported.</summary>
    Unimplemented = 12,

    /// <summary>A broken invariant: malformed frames and messages.</summary>
    Internal = 13,

    /// <summary>The peer is not reachable now; try again.</summary>
    Unavailable = 14,

    /// <summary>Bytes were lost.</summary>
    DataLoss = 15,

    /// <summary>The caller did not prove who it is.</summary>
    Unauthenticated = 16,
}
