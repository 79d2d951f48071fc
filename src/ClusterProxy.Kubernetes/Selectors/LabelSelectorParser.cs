using System.Globalization;

namespace ClusterProxy.Kubernetes.Selectors;

/// <summary>Reads <c>a=b, c!=d, e in (f,g), h notin (i), j, !k, l&gt;1, m&lt;2</c>, with spaces anywhere between the words.</summary>
internal sealed class LabelSelectorParser(string text)
{
    private int _at;

    public IReadOnlyList<LabelRequirement> Parse()
    {
        var requirements = new List<LabelRequirement>();
        SkipSpaces();
        if (_at == text.Length)
        {
            return requirements;
        }

        requirements.Add(Requirement());
        while (Take(','))
        {
            requirements.Add(Requirement());
        }

        return _at == text.Length ? requirements : throw Error("expected a comma");
    }

    private LabelRequirement Requirement()
    {
        if (Take('!'))
        {
            return new LabelRequirement(Key(), LabelOperator.DoesNotExist, []);
        }

        var key = Key();
        if (Take('='))
        {
            _ = _at < text.Length && text[_at] == '=' && Take('=');
            return new LabelRequirement(key, LabelOperator.In, [Value()]);
        }

        if (Take('!'))
        {
            return Take('=') ? new LabelRequirement(key, LabelOperator.NotIn, [Value()]) : throw Error("expected != here");
        }

        return Take('>') ? new LabelRequirement(key, LabelOperator.GreaterThan, [Integer()])
            : Take('<') ? new LabelRequirement(key, LabelOperator.LessThan, [Integer()])
            : SetOrExists(key);
    }

    private LabelRequirement SetOrExists(string key)
    {
        var start = _at;
        return Word() switch
        {
            "" => new LabelRequirement(key, LabelOperator.Exists, []),
            "in" => new LabelRequirement(key, LabelOperator.In, Values()),
            "notin" => new LabelRequirement(key, LabelOperator.NotIn, Values()),
            var other => throw Error($"\"{other}\" is no operator; use =, !=, in, notin, > or <", start),
        };
    }

    private string[] Values()
    {
        if (!Take('('))
        {
            throw Error("expected a list in parentheses");
        }

        var values = new List<string> { Value() };
        while (Take(','))
        {
            values.Add(Value());
        }

        return Take(')') ? [.. values.Distinct()] : throw Error("expected a closing parenthesis");
    }

    private string Key()
    {
        var start = _at;
        var key = Word();
        return LabelSyntax.KeyError(key) is { } error ? throw Error(error, start) : key;
    }

    private string Value()
    {
        var start = _at;
        var value = Word();
        return LabelSyntax.ValueError(value) is { } error ? throw Error(error, start) : value;
    }

    private string Integer()
    {
        var start = _at;
        var value = Word();
        return long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
            ? value
            : throw Error($"\"{value}\" is no whole number", start);
    }

    private string Word()
    {
        SkipSpaces();
        var start = _at;
        while (_at < text.Length && text[_at] is not (' ' or '\t' or ',' or '=' or '!' or '(' or ')' or '>' or '<'))
        {
            _at++;
        }

        var word = text[start.._at];
        SkipSpaces();
        return word;
    }

    private bool Take(char character)
    {
        SkipSpaces();
        if (_at == text.Length || text[_at] != character)
        {
            return false;
        }

        _at++;
        SkipSpaces();
        return true;
    }

    private void SkipSpaces()
    {
        while (_at < text.Length && text[_at] is (' ' or '\t'))
        {
            _at++;
        }
    }

    private FormatException Error(string what, int? at = null) =>
        new($"label selector \"{text}\", at character {(at ?? _at) + 1}: {what}");
}
