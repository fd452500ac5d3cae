using Xunit;

namespace MlOps.Tests;

public sealed class StorageFaultTests
{
    [Fact]
    public void Of_AFullDevice_IsStorageFull()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux has a device that is always full.");
        using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

        var refusal = StorageFault.Of(Assert.ThrowsAny<IOException>(() => full.Write(new byte[1])));

        Assert.Equal(ErrorCode.StorageFull, refusal?.Code);
        Assert.True(refusal!.IsStorageFault());
    }

    [Fact]
    public void Of_WhatMayNotBeWritten_IsStorageUnavailable() =>
        Assert.Equal(ErrorCode.StorageUnavailable, StorageFault.Of(new UnauthorizedAccessException())?.Code);

    public static TheoryData<Exception> Others => [new IOException("The connection was reset."), new FileNotFoundException(), new InvalidOperationException(), new TimeoutException()];

    [Theory]
    [MemberData(nameof(Others))]
    public void Of_AnyOtherFailure_IsNull(Exception failure) => Assert.Null(StorageFault.Of(failure));
}
