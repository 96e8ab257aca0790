using System.Net.Sockets;

namespace OrleansWork.Store.Gate;

/// <summary>The connections that have not said the password yet: a bounded number of them.</summary>
/// <remarks>The oldest makes room for a new one: the password comes with the first bytes, so whoever has been here longest is the least likely to have it.</remarks>
internal sealed class Strangers
{
    /// <summary>How many there may be, as at the ports of silos.</summary>
    public const int Most = 128;

    private readonly LinkedList<Socket> _sockets = [];
    private bool _isClosed;

    /// <summary>Takes one in; the oldest is closed when there are too many.</summary>
    public LinkedListNode<Socket> Enter(Socket socket)
    {
        LinkedListNode<Socket> node;
        Socket? oldest = null;
        bool isClosed;
        lock (_sockets)
        {
            node = _sockets.AddLast(socket);
            if (_sockets.Count > Most)
            {
                oldest = _sockets.First!.Value;
                _sockets.RemoveFirst();
            }

            isClosed = _isClosed;
        }

        oldest?.Dispose();
        if (isClosed)
            Close();
        return node;
    }

    /// <summary>Takes one out.</summary>
    /// <returns>Whether it was there still, and is not closed.</returns>
    public bool Leave(LinkedListNode<Socket> node)
    {
        lock (_sockets)
        {
            if (node.List is null)
                return false;
            _sockets.Remove(node);
            return true;
        }
    }

    /// <summary>Closes all of them, and whoever comes from now on.</summary>
    public void Close()
    {
        List<Socket> all;
        lock (_sockets)
        {
            _isClosed = true;
            all = [.. _sockets];
            _sockets.Clear();
        }

        all.ForEach(socket => socket.Dispose());
    }
}
