using System.Runtime.InteropServices;

namespace ClusterProxy.Hosting.Listeners;

/// <summary>Which file a path leads to. The platform hides inodes, hence statx(2), whose layout is the same on every architecture.</summary>
internal readonly record struct UnixSocketIdentity(uint DeviceMajor, uint DeviceMinor, ulong Inode, bool IsSocket)
{
    private const int AtCurrentDirectory = -100;
    private const int SymlinkNoFollow = 0x100;
    private const uint TypeAndInode = 0x101;
    private const ushort TypeMask = 0xF000;
    private const ushort SocketType = 0xC000;

    /// <returns>Null when there is no such path, or the system has no statx.</returns>
    public static UnixSocketIdentity? Of(string path)
    {
        try
        {
            return NativeMethods.Statx(AtCurrentDirectory, path, SymlinkNoFollow, TypeAndInode, out var status) == 0
                ? new UnixSocketIdentity(status.DeviceMajor, status.DeviceMinor, status.Inode, (status.Mode & TypeMask) == SocketType)
                : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "statx", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Statx(int directory, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, out Status status);
    }
}
