namespace ClusterProxy.Cli.Kubeconfigs;

/// <summary>Replaces kubeconfig files in one step, mode 0600, under the lock file that kubectl takes for it.</summary>
internal static class KubeconfigWriter
{
    /// <exception cref="IOException">Another program is writing the file, or it cannot be written.</exception>
    public static void Change(string path, Action<KubeconfigFile> change)
    {
        // A link stays one: dotfiles are often kept elsewhere.
        var target = KubeconfigFile.Real(path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        using var held = Lock($"{target}.lock");
        var file = KubeconfigFile.Load(target);
        change(file);
        var unfinished = $"{target}.{Environment.ProcessId}.tmp";
        try
        {
            OwnerFile.Create(unfinished, file.ToString());
            File.Move(unfinished, target, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Delete, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new IOException($"{path} is there: another program is writing the kubeconfig; remove it if that program is gone", e);
        }
    }
}
