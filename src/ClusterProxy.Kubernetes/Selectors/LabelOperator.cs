namespace ClusterProxy.Kubernetes.Selectors;

/// <summary>How a requirement of a label selector compares.</summary>
public enum LabelOperator
{
    /// <summary><c>key in (a,b)</c>, and <c>key=a</c> with one value.</summary>
    In,

    /// <summary><c>key notin (a,b)</c>, and <c>key!=a</c>; an object without the label matches.</summary>
    NotIn,

    /// <summary><c>key</c></summary>
    Exists,

    /// <summary><c>!key</c></summary>
    DoesNotExist,

    /// <summary><c>key&gt;5</c></summary>
    GreaterThan,

    /// <summary><c>key&lt;5</c></summary>
    LessThan,
}
