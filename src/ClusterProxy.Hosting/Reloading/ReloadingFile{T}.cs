using System.Security.Cryptography;
using System.Text;

namespace ClusterProxy.Hosting.Reloading;

/// <summary>
/// Something that is read from files which belong together, such as a certificate and its key, and read again when they change.
/// <para>
/// Contents are compared, not times or sizes: a Secret volume swaps a symbolic link above the files, and clocks of network file
/// systems are coarse. Files of a few kilobytes cost microseconds to read.
/// </para>
/// <para>
/// Two files cannot be replaced in one step, so a content that does not load is called bad only when it is still there at the next
/// look; until then somebody may be writing.
/// </para>
/// </summary>
public sealed class ReloadingFile<T> : ReloadingFile
    where T : class
{
    private readonly Func<IReadOnlyList<string>, T> _parse;
    private readonly Func<T, string?> _objection;
    private readonly Lock _gate = new();
    private string _good;
    private string _suspect = "";
    private string _refused = "";
    private string _refusal = "";
    private Exception? _defect;
    private T _value;

    /// <param name="files">Read together, in this order.</param>
    /// <param name="parse">
    /// Gets their contents; throws <see cref="StartupException"/> or <see cref="FormatException"/> when they cannot be used. All else is a
    /// defect, by which a changed content is refused alike.
    /// </param>
    /// <param name="objection">Why something that parses must not replace what is in use, or null. Not asked for the first content.</param>
    /// <exception cref="StartupException">The files cannot be used at the start, where nothing stands in for them.</exception>
    public ReloadingFile(IReadOnlyList<FlagFile> files, Func<IReadOnlyList<string>, T> parse, Func<T, string?>? objection = null)
        : base(files)
    {
        _parse = parse;
        _objection = objection ?? (static _ => null);
        var contents = files.Select(static f => f.Read()).ToArray();
        _value = parse(contents);
        _good = Fingerprint(contents);
    }

    /// <summary>What was loaded last and is good.</summary>
    public T Value => Volatile.Read(ref _value);

    public override string Refusal
    {
        get
        {
            lock (_gate)
            {
                return _refusal;
            }
        }
    }

    internal override Exception? Defect
    {
        get
        {
            lock (_gate)
            {
                return _defect;
            }
        }
    }

    /// <summary>The value, after a look at the files: for programs that need it rarely and have no loop.</summary>
    public T CheckedValue()
    {
        Check();
        return Value;
    }

    internal override Func<ReloadOutcome> Read()
    {
        try
        {
            var contents = Files.Select(static f => f.Read()).ToArray();
            return () => Take(contents);
        }
        catch (StartupException e)
        {
            return () => Doubt(e.Message, e.Message);
        }
        catch (Exception e)
        {
            return () => DoubtBy(e, e.Message);
        }
    }

    private ReloadOutcome Take(string[] contents)
    {
        var fingerprint = Fingerprint(contents);
        lock (_gate)
        {
            try
            {
                return fingerprint == _good ? Settle(fingerprint, null)
                    : fingerprint == _refused ? ReloadOutcome.Unchanged
                    : Settle(fingerprint, _parse(contents));
            }
            catch (Exception e) when (e is StartupException or FormatException or CryptographicException)
            {
                return Doubt(fingerprint, e.Message);
            }
            catch (Exception e)
            {
                // Whatever it is, it is this content's: the files beside it are followed on, and so is this one when it changes.
                return DoubtBy(e, fingerprint);
            }
        }
    }

    /// <summary>Must hold the gate.</summary>
    private ReloadOutcome Settle(string fingerprint, T? value)
    {
        if (value is not null && _objection(value) is { } objection)
        {
            return Doubt(fingerprint, objection);
        }

        (_good, _suspect, _refused, _refusal, _defect) = (fingerprint, "", "", "", null);
        if (value is null)
        {
            return ReloadOutcome.Unchanged;
        }

        Volatile.Write(ref _value, value);
        return ReloadOutcome.Reloaded;
    }

    private ReloadOutcome DoubtBy(Exception defect, string fingerprint) =>
        Doubt(fingerprint, $"{this}: cannot be used because of a defect ({defect.Message})", defect);

    private ReloadOutcome Doubt(string fingerprint, string reason, Exception? defect = null)
    {
        lock (_gate)
        {
            if (fingerprint == _refused)
            {
                return ReloadOutcome.Unchanged;
            }

            if (fingerprint != _suspect)
            {
                _suspect = fingerprint;
                return ReloadOutcome.Unchanged;
            }

            (_refused, _refusal, _defect) = (fingerprint, reason, defect);
            return ReloadOutcome.Refused;
        }
    }

    private static string Fingerprint(IEnumerable<string> contents) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', contents))));
}
