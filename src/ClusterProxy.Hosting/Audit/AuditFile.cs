namespace ClusterProxy.Hosting.Audit;

/// <summary>
/// A file of lines that never grows past its limit: then it becomes <c>FILE.1</c>, what was that becomes <c>FILE.2</c>, and the last
/// one goes. Nothing but whole lines is left behind when the disk is full, and a file that somebody moves away is made anew.
/// </summary>
public sealed class AuditFile : IAuditOutput
{
    private readonly string _path;
    private readonly long _maxBytes;
    private readonly int _maxBackups;
    private FileStream? _file;
    private long _length;

    /// <param name="path">Of the newest lines.</param>
    /// <param name="maxBytes">Of one file.</param>
    /// <param name="maxBackups">Files beside the newest one.</param>
    /// <exception cref="StartupException">The file cannot be written.</exception>
    public AuditFile(string path, long maxBytes, int maxBackups)
    {
        _path = path;
        _maxBytes = maxBytes;
        _maxBackups = maxBackups;
        try
        {
            Open();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(
                $"--audit-log-path={path}: cannot be written ({e.Message}); make the directory writable for this user or name another file", e);
        }
    }

    public void Write(ReadOnlySpan<byte> lines)
    {
        if (_file is null || !File.Exists(_path))
        {
            Open();
        }

        if (_length > 0 && _length + lines.Length > _maxBytes)
        {
            Rotate();
        }

        try
        {
            _file!.Write(lines);
            _length += _file.CanSeek ? lines.Length : 0;
        }
        catch (IOException)
        {
            Forget();
            throw;
        }
    }

    public void Dispose() => _file?.Dispose();

    private void Open()
    {
        _file?.Dispose();
        _file = null;
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,

            // The audit's writer hands over many lines at once.
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            // Who dials what is nobody else's business; a collector may share the group.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        }

        _file = new FileStream(_path, options);

        // A pipe or a device has no length, and is never put aside.
        _length = _file.CanSeek ? _file.Length : 0;
        if (_length > 0)
        {
            EndLastLine(_file);
        }
    }

    /// <summary>A process that was killed may have left half a line.</summary>
    private void EndLastLine(FileStream file)
    {
        file.Seek(-1, SeekOrigin.End);
        if (file.ReadByte() != '\n')
        {
            file.Write("\n"u8);
            _length++;
        }
    }

    private void Rotate()
    {
        _file?.Dispose();
        _file = null;
        for (var i = _maxBackups - 1; i > 0; i--)
        {
            if (File.Exists(Backup(i)))
            {
                File.Move(Backup(i), Backup(i + 1), overwrite: true);
            }
        }

        if (_maxBackups > 0)
        {
            File.Move(_path, Backup(1), overwrite: true);
        }
        else
        {
            File.Delete(_path);
        }

        Open();
    }

    private string Backup(int number) => $"{_path}.{number}";

    /// <summary>Takes back the part of the lines that a full disk has taken.</summary>
    private void Forget()
    {
        try
        {
            _file!.SetLength(_length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // The half line is ended when the file is opened again.
        }

        _file!.Dispose();
        _file = null;
    }
}
