namespace MlOps.Models;

/// <summary>Slots of one model between their runs, by the number of rows. Without a lock: requests of all threads pass here.</summary>
internal sealed class RunSlots : IDisposable
{
    private readonly RunSlot?[] idle = new RunSlot?[4 + (2 * Environment.ProcessorCount)];
    private int next;
    private volatile bool closed;

    /// <summary>An idle slot of so many rows; null when there is none.</summary>
    public RunSlot? Take(int rows)
    {
        for (var i = 0; i < idle.Length; i++)
        {
            var slot = Volatile.Read(ref idle[i]);
            if (slot?.Rows == rows && Interlocked.CompareExchange(ref idle[i], null, slot) == slot)
            {
                return slot;
            }
        }

        return null;
    }

    /// <summary>Keeps a slot; where all places are taken, in place of another.</summary>
    public void Give(RunSlot slot)
    {
        for (var i = 0; i < idle.Length; i++)
        {
            if (Volatile.Read(ref idle[i]) is null && Interlocked.CompareExchange(ref idle[i], slot, null) is null)
            {
                CloseLate();
                return;
            }
        }

        Interlocked.Exchange(ref idle[(uint)Interlocked.Increment(ref next) % (uint)idle.Length], slot)?.Dispose();
        CloseLate();
    }

    /// <summary>Bytes of the idle ones.</summary>
    public long Bytes
    {
        get
        {
            var bytes = 0L;
            for (var i = 0; i < idle.Length; i++)
            {
                bytes += Volatile.Read(ref idle[i])?.Bytes ?? 0;
            }

            return bytes;
        }
    }

    /// <summary>Lets go of the idle ones.</summary>
    public void Clear()
    {
        for (var i = 0; i < idle.Length; i++)
        {
            Interlocked.Exchange(ref idle[i], null)?.Dispose();
        }
    }

    public void Dispose()
    {
        closed = true;
        Clear();
    }

    // A slot that came back after the model was closed.
    private void CloseLate()
    {
        if (closed)
        {
            Dispose();
        }
    }
}
